//! What the program does with its arguments.
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Throw dice
    Roll {
        #[arg(long, default_value_t = 7)]
        seed: u64,
        count: usize,
    },
    /// Words of a text
    Words { text: String },
    /// A value of the table
    Look { key: String },
}

pub fn answer(arguments: &Arguments) -> anyhow::Result<String> {
    Ok(match &arguments.command {
        Command::Roll { seed, count } => format!("{:?}", bench_dice::rolls(*seed, *count)),
        Command::Words { text } => bench_text::words(text).join(" "),
        Command::Look { key } => {
            bench_table::row(key).ok_or_else(|| anyhow::anyhow!("no `{key}`"))?.value.to_string()
        }
    })
}
