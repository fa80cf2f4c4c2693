"""What the vault's storage, whichever it is, says when it refuses us or does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from veerpont.model.failures import PassingError, SettingsError


@contextmanager
def storage_answers() -> Iterator[None]:
    """Say in our words that the storage refuses us or does not answer; that something is not there stays as it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (NotADirectoryError, IsADirectoryError) as error:  # disks tell these from a path that is not there
        raise FileNotFoundError from error
    except PermissionError:
        raise SettingsError("The vault's storage refuses us: look at VEERPONT_VAULT and at our rights there.") from None
    except Exception as error:
        name = type(error)  # clients of object storage have exceptions of their own, some of which are no OSError
        if issubclass(name, OSError) or name.__module__.partition(".")[0] in {"aiohttp", "botocore"}:
            raise PassingError(f"The vault's storage (VEERPONT_VAULT) does not answer ({name.__name__}).") from None
        raise
