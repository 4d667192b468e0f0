//! The rules that every adapter owes its port, as ordinary tests.
