//! Decorators of the ports: each call gets a span and is reported to an observer.

mod observer;

pub use observer::{NoObserver, Outcome, PortObserver};
