"""Archives that actions come in."""

import io
import os

MAX_BYTES = 512 * 1024 * 1024
MAX_ENTRIES = 100_000


def extract(data, folder):
    """Unpacks a zip or a tar.gz: nothing outside of the folder is written, links that lead outside are left out."""
    if data[:2] == b'PK':
        entries = zip_entries(data)
    elif data[:3] == b'\x1f\x8b\x08':
        entries = tar_entries(data)
    else:
        raise ValueError('it is neither a zip nor a tar.gz')
    total = 0
    links = []
    for count, (name, size, mode, link, read) in enumerate(entries):
        total += size
        if total > MAX_BYTES or count >= MAX_ENTRIES:
            raise ValueError('it is too large')
        path = inside(folder, name)
        if path is None:
            raise ValueError('an entry leads out of it: %s' % name)
        if name.endswith('/'):
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if link is not None:
            if not os.path.isabs(link) and inside(folder, os.path.join(os.path.dirname(name), link)):
                links.append((link, path))
            continue
        with open(path, 'wb') as file:
            file.write(read())
        os.chmod(path, 0o755 if mode & 0o111 else 0o644)
    for link, path in links:  # last of all, so that nothing is written through one
        os.symlink(link, path)


def inside(folder, name):
    path = os.path.normpath(os.path.join(folder, name))
    return path if path == folder or path.startswith(folder + os.sep) else None


def zip_entries(data):
    """Name, size, mode, where it leads if it is a link, and how its bytes are read."""
    import stat
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            link = archive.read(entry).decode('utf-8') if stat.S_ISLNK(mode) else None
            yield entry.filename, entry.file_size, mode, link, lambda entry=entry: archive.read(entry)


def tar_entries(data):
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data), mode='r:gz') as archive:
        for entry in archive:
            name = entry.name + ('/' if entry.isdir() else '')
            link = entry.linkname if entry.issym() else None
            if entry.isdir() or entry.isfile() or link is not None:
                yield name, entry.size, entry.mode, link, lambda entry=entry: archive.extractfile(entry).read()
