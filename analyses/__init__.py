"""Questions answered with the library's public functions, one file each; installed as `gamesolve.analyses`."""
