//! A server whose tools do what servers should survive.

fn main() {}
