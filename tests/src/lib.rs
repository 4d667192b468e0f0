//! End-to-end tests: black box over a real socket.
