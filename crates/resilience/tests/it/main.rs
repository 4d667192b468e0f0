//! Faults in front of the reference adapters, and the use cases at every point.

mod faults;
mod kill_points;
