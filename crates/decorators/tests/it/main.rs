//! The decorators: the rules of the ports through them, and what they tell.

mod calls;
mod contract;
mod harness;
