"""Which voices a host may have, as the command that speaks with each. Knows no sentence."""

from __future__ import annotations

import shutil

VOICES = ("flite slt", "flite rms", "flite awb", "flite kal16", "espeak-ng en-us+f3", "espeak-ng en-gb+m3")


def voice(name: str = "") -> list[str] | None:
    """The command that speaks its last argument as a WAV on standard output; None: no voice here.

    Where the machine lacks the synthesiser that `name` asks for, or none is asked for, whichever there is speaks.
    """
    program, _, person = name.partition(" ")
    if program == "espeak-ng" and shutil.which(program):
        return ["espeak-ng", "-v", person, "--stdout"]
    if shutil.which("flite"):
        return ["flite", "-voice", person if program == "flite" else "slt", "-o", "/dev/stdout", "-t"]
    if shutil.which("espeak-ng"):
        return ["espeak-ng", "-v", "en-us", "--stdout"]
    return None
