//! The flags of the HTTP request.

use clap::Args as Group;
use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::value::data::Data;

/// Asking over HTTP.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "HTTP (with --http)")]
pub struct Asking {
    /// The method (GET; POST with --data)
    #[arg(short = 'X', long, value_name = "M")]
    pub method: Option<String>,

    /// Add this header, or replace nsock's own of that name; 'K:' leaves it out
    #[arg(short = 'H', long, value_name = "'K: V'", allow_hyphen_values = true)]
    pub header: Vec<String>,

    /// Send this body, @FILE or @- for stdin; with -z -u ask UDP ports with it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = data())]
    pub data: Option<Data>,

    /// Write the answer as it comes, with its head and chunk sizes
    #[arg(long)]
    pub raw: bool,

    /// Exit 1 on a status of 400 and above
    #[arg(short, long)]
    pub fail: bool,
}

fn data() -> impl TypedValueParser<Value = Data> {
    OsStringValueParser::new().try_map(|word| Data::parse(&word))
}
