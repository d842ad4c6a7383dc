//! One HTTP/1.1 request and its answer (RFC 9112), pure: the bytes to send, and a machine that is fed what comes, cut
//! anywhere. Who the peer is, where the body comes from and goes to, and what time it is nobody here knows.

mod chunks;
mod gather;
mod head;
mod length;
mod request;
mod response;
mod wrong;

pub use head::{Field, Head};
pub use request::{Content, Given, Request, is_token};
pub use response::{Out, Response, Told};
pub use wrong::Wrong;

/// So long may the heads and trailers of one answer be together: what a hostile server can have us hold.
pub const HEAD_LIMIT: usize = 256 * 1024;

#[cfg(test)]
mod tests;
