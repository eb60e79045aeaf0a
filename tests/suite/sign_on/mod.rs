//! Sign-on by OpenID Connect against a provider that a test can make misbehave: who comes in, who doesn't and is told
//! why, what claims do, and what a provider that is away or slow means.

mod away;
mod claims;
mod comes_in;
mod refused;
