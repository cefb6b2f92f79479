"""Start, stop and show workers: `python manage_worker.py --help`."""

from app_srvc.managing import commands

if __name__ == "__main__":
    commands.main()
