//! One file per format: bytes to raw events.
