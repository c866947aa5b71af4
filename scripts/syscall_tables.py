"""Write autograder/box/call_numbers.py: the system call numbers of each machine, from the kernel's headers.

Run it where Debian's packages linux-libc-dev (of an amd64 machine) and linux-libc-dev-arm64-cross lie:

    python scripts/syscall_tables.py [--x86-64 FOLDER] [--aarch64 FOLDER]

FOLDER holds `asm/unistd.h`; the C preprocessor (`cc`) reads it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import textwrap
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "autograder" / "box" / "call_numbers.py"
# Added to Linux after the headers of Debian 12 (6.1). From 424 on, a call has one number on every machine.
# Source: include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl of Linux 6.12.
NEWER = {
    "cachestat": 451,
    "fchmodat2": 452,
    "futex_wake": 454,
    "futex_wait": 455,
    "futex_requeue": 456,
    "statmount": 457,
    "listmount": 458,
    "lsm_get_self_attr": 459,
    "lsm_set_self_attr": 460,
    "lsm_list_modules": 461,
    "mseal": 462,
}
PREDEFINED = {  # what a compiler for the machine defines and the headers ask for
    "x86_64": ["-D__x86_64__", "-U__i386__", "-U__ILP32__"],
    "aarch64": ["-U__x86_64__", "-U__i386__", "-D__aarch64__", "-D__LP64__"],
}


def table(machine: str, folders: list[Path]) -> dict[str, int]:
    """Return the numbers by name, as `#include <asm/unistd.h>` gives them."""
    places = [f"-isystem{folder}" for folder in folders]
    command = ["cc", "-E", "-dM", "-nostdinc", *PREDEFINED[machine], *places, "-"]
    result = subprocess.run(
        command, input="#include <asm/unistd.h>\n", capture_output=True, text=True, check=True
    )
    defined = dict(re.findall(r"^#define (__NR\w*) +(.+?) *$", result.stdout, re.MULTILINE))
    names = {name.removeprefix("__NR_"): name for name in defined if name.startswith("__NR_")}
    numbers = {}
    for name, value in names.items():
        while value in defined:  # __NR_fcntl is __NR3264_fcntl is 25
            value = defined[value]
        if value.isdigit():
            numbers[name] = int(value)
    numbers.pop("syscalls", None)  # how many there are
    numbers.pop("arch_specific_syscall", None)  # where a machine's own begin
    assert len(set(numbers.values())) == len(numbers), "one number, one name"
    return NEWER | numbers


def main() -> None:
    """Read the headers and write the module."""
    parser = argparse.ArgumentParser(description="Write the box's tables of system call numbers.")
    cross = Path("/usr/aarch64-linux-gnu/include")
    parser.add_argument(
        "--x86-64", type=Path, default=Path("/usr/include/x86_64-linux-gnu"), metavar="FOLDER"
    )
    parser.add_argument("--aarch64", type=Path, default=cross, metavar="FOLDER")
    arguments = parser.parse_args()
    tables = {
        "x86_64": table("x86_64", [arguments.x86_64, Path("/usr/include")]),
        "aarch64": table("aarch64", [arguments.aarch64]),
    }
    text = '''"""System call numbers of the machines that the box knows; written by scripts/syscall_tables.py.

Source: `asm/unistd.h` of Linux 6.1 (Debian 12: linux-libc-dev for x86_64, linux-libc-dev-arm64-cross for
aarch64), and what Linux 6.2 to 6.12 added.
"""

'''
    for machine, numbers in tables.items():
        words = " ".join(f"{name}={number}" for name, number in sorted(numbers.items(), key=lambda e: e[1]))
        text += f'{machine.upper()} = """\n{textwrap.fill(words, 108)}\n"""\n\n'
    TARGET.write_text(text.rstrip("\n") + "\n")


if __name__ == "__main__":
    main()
