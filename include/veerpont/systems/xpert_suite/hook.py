"""The connection to Xpert Suite. Only this file of the portal knows Airflow."""

from veerpont.systems.sftp import SftpHook


class XpertSuiteHook(SftpHook):
    """Airflow's connection of type sftp, with a pinned host key."""

    hook_name = "Xpert Suite"
