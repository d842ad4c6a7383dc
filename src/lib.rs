//! nsock: a netcat for people who diagnose networks.
//!
//! # The idea
//!
//! 1. Whatever bytes come from or go to is an [`Endpoint`](io::endpoint::Endpoint): a socket, stdin, stdout. It can be
//!    read and written without ever blocking, whatever the descriptor is.
//! 2. A [`Flow`](io::flow::Flow) carries bytes one way between two endpoints: in memory, or through the kernel where
//!    there is much to carry. A [`Link`](task::link::Link) is a peer and this process's stdio, joined by two flows.
//! 3. Whatever decides is pure and lives in [`logic`]: which address next ([`Race`](logic::race::Race)), which port
//!    ([`Sweep`](logic::sweep::Sweep)), when to half-close and when to leave ([`Ends`](logic::ends::Ends)); what a
//!    server answers is a [`Session`](session::Session). Facts, bytes and a `now` go in; a step, bytes and a deadline
//!    come out.
//! 4. The [`Reactor`](reactor::Reactor) is one thread and one poll. It knows only [`Task`](task::Task)s, and a task
//!    owns every descriptor it uses. Looking names up is the one exception, since the system's resolver blocks: each
//!    lookup under way has a thread.
//!
//! ```text
//! argv ─cli→ Plan ─run→ Task ─reactor→ Exit
//!                        │ owns endpoints, pumps flows, asks logic
//!                        └ raises Events ─→ Report (human | json) ─→ stderr; the lines of a probe ─→ stdout
//! ```
//!
//! A byte's way in each mode, the rooms with the walls between them, and how to add to them: `docs/architecture.md`.
//! `tests/architecture.rs` and `clippy.toml` hold the code to it.

pub mod cli;
pub mod error;
pub mod event;
pub mod filter;
pub mod io;
pub mod logic;
pub mod net;
pub mod plan;
pub mod reactor;
pub mod report;
pub mod run;
pub mod session;
pub mod signal;
pub mod task;
pub mod value;
