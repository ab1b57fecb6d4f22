use clap::Parser;

fn main() -> anyhow::Result<()> {
    let arguments = bench_cli::Arguments::parse();
    let config = bench_config::Config::parse("needs = \"*\"")?;
    if !config.options().contains(bench_config::Options::QUIET) {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        eprintln!("{}", runtime.block_on(bench_flow::sum(&bench_flow::Double, 3)));
    }
    println!("{}", bench_cli::answer(&arguments)?);
    Ok(())
}
