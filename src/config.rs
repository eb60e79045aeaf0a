//! Configuration: read, checked, and wrong values named.
