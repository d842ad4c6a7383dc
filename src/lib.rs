//! nsock: a netcat for people who diagnose networks.
//!
//! # The idea
//!
//! 1. Whatever bytes come from or go to is an [`Endpoint`](io::endpoint::Endpoint): a socket, stdin, stdout. It knows how
//!    to be read and written without ever blocking, whatever the descriptor is.
//! 2. A [`Flow`](io::flow::Flow) carries bytes one way between two endpoints: in memory, or through the kernel where
//!    there is much to carry. A [`Link`](task::link::Link) is a peer and this process's stdio, joined by two flows.
//! 3. Whatever decides is pure and lives in [`logic`]: which address next ([`Race`](logic::race::Race)), which port
//!    ([`Sweep`](logic::sweep::Sweep)), when to half-close and when to leave ([`Ends`](logic::ends::Ends)); what a server
//!    answers is a [`Session`](session::Session). Facts, bytes and a `now` go in, a step, bytes and a deadline come out.
//! 4. The [`Reactor`](reactor::Reactor) is one thread and one poll. It knows only [`Task`](task::Task)s, and a task owns
//!    every descriptor it uses. Names are the one exception: the system's resolver blocks, so it has a thread of its own.
//!
//! ```text
//! argv ─cli→ Plan ─run→ Task ─reactor→ Exit
//!                        │ owns endpoints, pumps flows, asks logic
//!                        └ raises Events ─→ Report (sentences | json) ─→ stderr
//! ```
//!
//! # A byte's way
//!
//! From stdin to the peer: an edge marks stdin's endpoint readable, [`Link`](task::link::Link) runs and pumps its upward
//! flow, which reads into the loop's scratch memory and writes to the socket; what the socket does not take is held, at
//! most one read of 64 KiB, and nothing more is read before it has gone. After the first 128 KiB the flow asks for a way
//! through the kernel (`io/express.rs`): file to socket by sendfile, pipe to socket by splice, socket to anything by splice
//! through a pipe of our own. When the kernel bars that way (an append file, urgent data) the flow goes on in memory.
//!
//! Where bytes are looked at (`-x`, `-W`, `--stop`) or changed (`-C`, `-t`, `--encoding`: a [`Chain`](logic::filter::Chain)
//! in each flow) they stay in memory.
//!
//! Many peers share one local end in a [`Hub`](task::hub::Hub): what stdin gives is queued for each, at most 256 KiB, in
//! chunks that all share; what a peer sends goes out whole, and while stdout's reader does not take it nobody is read
//! from. A peer that takes nothing for a second is closed.
//!
//! Where a mode answers (`--echo` ...), each peer of the hub has a session of its own: what is read from the peer is offered
//! to it, what it says is written at once, and while that waits, or the session thinks, nothing more is read.
//!
//! A [`Probe`](task::probe::Probe) relays nothing: the [`Sweep`](logic::sweep::Sweep) says which port to ask and how long to
//! wait, [`Knocks`](net::knock::Knocks) and [`Calls`](net::knock::Calls) ask, and what is found goes to stdout through a
//! [`Spout`](io::spout::Spout); while that is stuck nothing more is asked.
//!
//! An HTTP request ([`Http`](task::http::Http)) is a connection whose bytes [`Response`](session::http::Response) looks at, until
//! that says that what follows is a body as it is: this goes through a flow of the body's length, past our memory. The
//! request's own body goes through a flow too, in chunks where nobody knows how long it is.
//!
//! Datagrams go another way, since none may be merged or cut: an [`Exchange`](task::exchange::Exchange) receives and sends
//! them in batches, [`Peers`](logic::peers::Peers) knows who was heard, and [`Quiet`](logic::quiet::Quiet) when it is over.
//!
//! # Rooms
//!
//! | room | what | may know |
//! |---|---|---|
//! | `main`, [`run`] | argv to exit status | everything |
//! | [`cli`] | the words typed, and the plan they make | nobody |
//! | [`event`], [`error`] | what can happen; what went wrong, and the exit statuses | plain data of the plan, logic and session |
//! | [`logic`] | rules, pure: no descriptor, no clock, no output | the plan's plain data |
//! | [`session`] | what a server answers, pure; one file a mode; `http`: what an HTTP client says and hears | the plan's plain data, logic |
//! | [`io`] | endpoints, flows, stdio | mio, rustix; from logic, who looks at bytes and what changes them |
//! | [`net`] | sockets, names, what TCP knows | io, error, event |
//! | [`task`] | dial, listen; link (one peer), hub (many), exchange (datagrams), probe, http | net, io, logic, session |
//! | [`reactor`], [`signal`] | the loop; signals as its events | tasks by their trait |
//! | [`report`] | what people and programs read | events, not who raised them; io for stderr |
//!
//! What only Linux has (splice, recvmmsg, TCP_INFO ...) lies in `io/linux/` and `net/linux/`. `plain.rs` beside each has the
//! same names by what every system has, and stands in elsewhere; on Linux too with the feature `portable`, which is how it is
//! tested. Who calls them says `system::`, and does not know which it is.
//!
//! Arrows point one way: `run → task → net → io → {session, logic} → {plan, event, error}`; the reactor calls tasks and does not know
//! which. Nothing but `main` and `report` prints or exits. `tests/architecture.rs` and `clippy.toml` hold these walls.

pub mod cli;
pub mod error;
pub mod event;
pub mod io;
pub mod logic;
pub mod net;
pub mod reactor;
pub mod report;
pub mod run;
pub mod session;
pub mod signal;
pub mod task;
