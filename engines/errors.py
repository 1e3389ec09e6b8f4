"""What engines raise. Messages name the thing, the value and the cure."""


class EngineError(Exception):
    retriable = False


class BundleError(EngineError):
    """A bundle that is missing, damaged, foreign or of another version."""


class SpeechError(EngineError):
    """A speech engine that cannot listen: no model, a wrong language, a phrase it cannot sound out."""
