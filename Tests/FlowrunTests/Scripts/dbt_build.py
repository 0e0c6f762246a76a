"""Builds and tests the models with dbt. Input: JSON with `project`, `target`, `scratch` (a folder), `environment` and `exclude`."""
import json
import os
import subprocess
import sys

job = json.load(sys.stdin)
command = [
    os.path.join(os.path.dirname(sys.executable), "dbt"), "--no-use-colors", "build",
    "--project-dir", job["project"], "--profiles-dir", job["project"], "--target", job["target"],
    "--target-path", os.path.join(job["scratch"], "target"), "--log-path", os.path.join(job["scratch"], "logs"),
]
if job["exclude"]:
    command += ["--exclude"] + job["exclude"]
done = subprocess.run(command, env={**os.environ, **job["environment"]}, cwd=job["scratch"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
if done.returncode != 0:
    sys.exit(done.stdout)
print(done.stdout)
