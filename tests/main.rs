//! Whole-system tests, one module a behaviour.
