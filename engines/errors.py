"""What engines raise. Messages name the thing, the value and the cure."""


class EngineError(Exception):
    retriable = False


class BundleError(EngineError):
    """A bundle that is missing, damaged, foreign or of another version."""


class SpeechError(EngineError):
    """A speech engine that cannot listen: no model, a wrong language, a phrase it cannot sound out."""


class SpeechLost(SpeechError):
    """The process that a speech engine has of its own is gone, and what it had heard with it; another is started."""

    retriable = True


class DeviceError(EngineError):
    """A GPU, its driver or its memory: missing, wrong, exhausted or lost."""


class PlanError(EngineError):
    """A model that cannot be compiled for this GPU, or a compiled one that is missing, damaged or foreign."""
