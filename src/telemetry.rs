//! Tracing, metrics, address masking.
