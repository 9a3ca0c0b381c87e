"""Loads an action as OpenWhisk's Python runtime does (bin/compile and lib/launcher.py), with its sentences."""

import os
import sys

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))

MISSING_CODE = 'Missing main/no code to execute.'
NO_BINARY = 'The action failed to generate or locate a binary. See logs for details.'
CANNOT_START = 'Cannot start action. Check logs for details.'
EXITED_IN_INIT = 'Command exited abruptly during initialization.'


class CodeError(Exception):
    """The code cannot be run. `log` goes to the activation's stderr; the message is what the user sees."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log


def load(code, binary, main, folder):
    """The function that `main` names. Archives and texts are laid into `folder`, which is the current one."""
    if not code:
        raise CodeError(MISSING_CODE)
    path = os.path.join(folder, '__main__.py')
    if binary:
        import base64

        from .archive import extract

        try:
            extract(base64.b64decode(code), folder)
        except Exception as error:
            raise CodeError(NO_BINARY, 'The archive cannot be unpacked: %s' % error) from error
        compiled = os.path.join(folder, 'main__.py')
        if not os.path.exists(path) and os.path.exists(compiled):
            # OpenWhisk's images give it this name when they compile an archive (`docker run -i IMAGE -compile main`).
            path = compiled
    else:
        with open(path, 'w', encoding='utf-8', errors='surrogatepass') as file:
            file.write(code)
    program = compile_main(path)
    if not activate_virtualenv(os.path.join(folder, 'virtualenv')):
        raise CodeError(NO_BINARY, "Invalid virtualenv. Zip file does not include 'activate_this.py'.")
    sys.path.insert(0, folder)
    # OpenWhisk calls it so, because a program cannot import a module of its own name, __main__.
    module = type(sys)('main__')
    module.__file__ = path
    sys.modules['main__'] = module
    try:
        exec(program, module.__dict__)
        return find(module, main)
    except BaseException as error:
        raise CodeError(CANNOT_START, last_words(error) + EXITED_IN_INIT) from error


def compile_main(path):
    try:
        with open(path, 'rb') as file:
            return compile(file.read(), path, 'exec', dont_inherit=True)
    except FileNotFoundError as error:
        raise CodeError(NO_BINARY, 'Zip file does not include __main__.py') from error
    except (SyntaxError, ValueError) as error:
        import traceback

        raise CodeError(NO_BINARY, ''.join(traceback.format_exception_only(type(error), error))) from error


def find(module, main):
    value = module
    for name in (main or 'main').split('.'):
        if not hasattr(value, name):
            raise ImportError("cannot import name '%s' from 'main__' (%s)" % (main, module.__file__))
        value = getattr(value, name)
    return value


def activate_virtualenv(folder):
    """What `activate_this.py` does; False when the folder is there but is no virtual environment."""
    if not os.path.isdir(folder):
        return True
    for script in ('bin/activate_this.py', 'Scripts/activate_this.py'):
        path = os.path.join(folder, script)
        if os.path.exists(path):
            with open(path, 'rb') as file:
                exec(compile(file.read(), path, 'exec', dont_inherit=True), {'__file__': path, '__name__': 'activate'})
            return True
    # `python -m venv` makes no such script.
    import glob
    import site

    found = glob.glob(os.path.join(folder, 'lib', 'python3*', 'site-packages'))
    for path in found:
        before = list(sys.path)
        site.addsitedir(path)
        sys.path[:] = [each for each in sys.path if each not in before] + before
    return bool(found)


def last_words(error):
    """What the interpreter prints of an error that ends a program, without the shim's own part of the stack."""
    if isinstance(error, SystemExit):
        return '' if error.code is None or isinstance(error.code, int) else '%s\n' % (error.code,)
    import traceback

    stack = error.__traceback__
    while stack is not None and stack.tb_frame.f_code.co_filename.startswith(OWN_FOLDER):
        stack = stack.tb_next
    return ''.join(traceback.format_exception(type(error), error, stack))
