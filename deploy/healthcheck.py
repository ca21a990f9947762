"""Ends with 0 if the process in this container answers: a web process at PORT, a worker at CODAY_METRICS_PORT.

python deploy/healthcheck.py [NAME OF THE PORT'S VARIABLE]
"""

from __future__ import annotations

import os
import sys
from urllib.request import urlopen

SECONDS = 4

if __name__ == "__main__":
    variable = sys.argv[1] if len(sys.argv) > 1 else "PORT"
    try:
        urlopen(f"http://127.0.0.1:{os.environ[variable]}/healthz", timeout=SECONDS).close()
    except OSError as error:
        sys.exit(str(error))
