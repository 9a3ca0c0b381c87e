"""The FIFOs that the node has laid for this place."""

import os


def open_pipes():
    """Descriptors for what comes from the node and what goes to it; None where there are none, or nobody is at their other end."""
    folder = os.environ.pop('__WHISKLET_PIPES', None)
    if folder is None:
        return None
    try:
        # Without waiting: it fails when nobody reads, as where the node's files are seen, but its kernel is another one.
        output_fd = os.open(os.path.join(folder, 'out'), os.O_WRONLY | os.O_NONBLOCK)
        input_fd = os.open(os.path.join(folder, 'in'), os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    for fd in (output_fd, input_fd):
        os.set_blocking(fd, True)
    return input_fd, output_fd
