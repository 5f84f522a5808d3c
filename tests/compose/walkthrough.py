#!/usr/bin/env python3
"""Runs the shell blocks of a page as they are written, one shell for all, and compares what they print.

A block fenced as `sh` is run; a block fenced as `text` right after it is what it prints, where `…` stands for any text in a
line and, alone on a line, for any number of lines, and any number of blanks is one. A block fenced as `json` must stand in envoy/envoy.yaml. A comment
`<!-- not run: REASON -->` right before a block leaves it out.

Usage: walkthrough.py PAGE [--only HEADING | --until HEADING]
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

# For one block. The first one may compile filter and services.
LIMIT_SECONDS = 1500
DONE = "@@ done with status"

# So that pages can say `docker compose` where only Compose's own command is installed.
PRELUDE = """
if ! command docker compose version >/dev/null 2>&1; then
  docker() { if [ "$1" = compose ]; then shift; command docker-compose "$@"; else command docker "$@"; fi; }
fi
"""


class Block:
    def __init__(self, line, heading, language, text, skipped):
        self.line, self.heading, self.language, self.text, self.skipped = line, heading, language, text, skipped


def blocks(page):
    """Fenced blocks in order. What stands between a command and its output is only blank lines."""
    found, heading, skip_next, language, text = [], "", False, None, []
    for number, line in enumerate(page.splitlines(), 1):
        if language is not None:
            if line.strip() == "```":
                found.append(Block(start, heading, language, "\n".join(text), skip_next))
                language, text, skip_next = None, [], False
            else:
                text.append(line)
        elif line.startswith("```"):
            language, start = line[3:].strip(), number
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("<!-- not run: "):
            skip_next = True
        elif line.strip():
            found.append(None)
    return found


class Shell:
    def __init__(self):
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        )
        self.run(PRELUDE)

    def run(self, text):
        """Status and output. Commands find nothing on standard input, or they would eat those that follow."""
        with tempfile.NamedTemporaryFile("w", suffix=".sh", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            print(f". {file.name} </dev/null; printf '\\n{DONE} %s\\n' $?", file=self.process.stdin, flush=True)
            watchdog = threading.Timer(LIMIT_SECONDS, self.process.kill)
            watchdog.start()
            output = []
            try:
                for line in self.process.stdout:
                    if line.startswith(DONE):
                        # One line end is the marker's own.
                        return int(line.split()[-1]), "".join(output)[:-1]
                    output.append(line)
            finally:
                watchdog.cancel()
        return None, "".join(output)


def pattern(expected):
    lines = []
    for line in expected.splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in one_blank(line).split("…")) + r"\n")
    return re.compile("".join(lines))


def one_blank(line):
    return re.sub(r"[ \t]+", " ", line.replace("\r", "")).rstrip()


def squeezed(text):
    return " ".join(text.split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--only")
    parser.add_argument("--until")
    options = parser.parse_args()

    everything = blocks(options.page.read_text(encoding="utf-8"))
    for heading in filter(None, (options.only, options.until)):
        if not any(block and block.heading == heading for block in everything):
            sys.exit(f"{options.page}: no block under a heading {heading!r}")
    shell, previous, count = Shell(), None, 0
    configuration = squeezed(pathlib.Path("envoy/envoy.yaml").read_text(encoding="utf-8"))
    for block in everything:
        if block and options.until and block.heading == options.until:
            break
        if block is None or block.skipped or (options.only and block.heading != options.only):
            previous = None
            continue
        place = f"{options.page}:{block.line}"
        if block.language == "sh":
            status, output = shell.run(block.text)
            if status != 0:
                sys.exit(f"{place}: status {status}\n{block.text}\n--- printed:\n{output}")
            previous, count = output, count + 1
        elif block.language == "text" and previous is not None:
            printed = previous.rstrip("\n") + "\n"
            lines = [one_blank(line) + "\n" for line in printed.splitlines()]
            if not pattern(block.text).fullmatch("".join(lines)):
                sys.exit(f"{place}: the page has\n{block.text}\n--- printed:\n{printed}")
            previous = None
        elif block.language == "json" and squeezed(block.text) not in configuration:
            sys.exit(f"{place}: not in envoy/envoy.yaml:\n{block.text}")
        else:
            previous = None
    if count == 0:
        sys.exit(f"{options.page}: nothing was run")
    print(f"{options.page}: {count} blocks came out as written")


main()
