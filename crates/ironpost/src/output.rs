//! All that is printed: data on standard output or in files, talk on standard error. No other
//! module prints.

mod document;
mod log;
mod progress;
mod text;

pub(crate) use document::Destination;
pub(crate) use log::{Log, LogFormat, start as start_log};
pub(crate) use progress::Progress;
pub(crate) use text::{Style, shell_word, wrapped};

use crate::cli::{ColorWhen, ConsoleArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use ironpost_checker::render::terminal::DEFAULT_WIDTH;
use ironpost_checker::render::theme::Theme;
use ironpost_proto::visible::Visible;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};

/// Where a run talks to people, and how.
#[derive(Debug)]
pub(crate) struct Console {
    color: ColorWhen,
    quiet: bool,
    /// The locale has no other characters.
    ascii: bool,
    /// Columns of the terminal on standard output.
    width: usize,
    /// A bar that has to step aside while something is said.
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Console {
    /// As the command line wants it.
    pub(crate) fn new(args: &ConsoleArgs) -> Self {
        Self {
            color: args.color,
            quiet: args.quiet,
            ascii: !locale_is_utf8(),
            width: terminal_width().unwrap_or(DEFAULT_WIDTH),
            bar: Arc::default(),
        }
    }

    /// Writes data to standard output.
    pub(crate) fn print(&self, data: &str) -> Result<(), Failure> {
        self.aside(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(data.as_bytes()).and_then(|()| stdout.flush())
        })
        .map_err(Failure::stdout)
    }

    /// Says something that helps but that nobody must read; silent with `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&visible_lines(text));
        }
    }

    /// Says that something was passed over; silent with `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        if !self.quiet {
            let style = self.stderr_style();
            self.say(&format!("{} {}", style.warning("warning:"), visible_lines(text)));
        }
    }

    /// Says why a command came to nothing.
    pub(crate) fn failure(&self, failure: &Failure) {
        match failure {
            Failure::Usage(error) | Failure::CouldNotTest(error) => {
                let style = self.stderr_style();
                let text = visible_lines(&format!("{error:#}"));
                self.say(&format!("{} {text}", style.error("error:")));
            }
            Failure::Interrupted(_, text) if !text.is_empty() => self.note(text),
            Failure::Interrupted(..) | Failure::ReaderGone => {}
        }
    }

    /// The style of what goes to standard output.
    pub(crate) fn stdout_style(&self) -> Style {
        Style::new(self.paints(&io::stdout()))
    }

    /// Colours and marks of reports on standard output.
    pub(crate) fn stdout_theme(&self) -> Theme {
        self.theme(self.paints(&io::stdout()))
    }

    /// Colours and marks of reports in files: painted only when asked for by name.
    pub(crate) fn file_theme(&self) -> Theme {
        self.theme(self.color == ColorWhen::Always)
    }

    fn theme(&self, painted: bool) -> Theme {
        let theme = if painted { Theme::colour() } else { Theme::plain() };
        if self.ascii { theme.ascii() } else { theme }
    }

    /// Columns of the terminal on standard output.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Standard output for results that come while a progress bar is shown.
    pub(crate) fn stdout_writer(&self) -> impl Write + Send + use<> {
        BesideBar { bar: Arc::clone(&self.bar) }
    }

    /// Does something that writes to the terminal, the progress bar out of its way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        aside(&self.bar, write)
    }

    /// The bar that is shown from now on.
    fn show(&self, bar: Option<ProgressBar>) {
        if let Ok(mut shown) = self.bar.lock() {
            *shown = bar;
        }
    }

    /// True if a progress bar can be shown.
    fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    fn stderr_style(&self) -> Style {
        Style::new(self.paints(&io::stderr()))
    }

    fn paints<S: RawStream>(&self, stream: &S) -> bool {
        match self.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        }
    }

    /// Writes a line to standard error. If that fails there is nobody left to tell.
    fn say(&self, line: &str) {
        self.aside(|| {
            let _ = writeln!(io::stderr().lock(), "{line}");
        });
    }
}

/// Standard output that makes the progress bar step aside.
struct BesideBar {
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Write for BesideBar {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        aside(&self.bar, || io::stdout().lock().write(data))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
}

fn aside<T>(bar: &Mutex<Option<ProgressBar>>, write: impl FnOnce() -> T) -> T {
    match bar.lock().ok().as_deref() {
        Some(Some(bar)) => bar.suspend(write),
        Some(None) | None => write(),
    }
}

/// What standard output is called in messages.
pub(crate) const STDOUT: &str = "standard output";

/// Prints what the command-line parser has to say: help, the version, or a fault.
pub(crate) fn print_parser_answer(answer: &clap::Error) -> Exit {
    // The parser repeats arguments as they came; what acts on a terminal must not.
    let hostile = std::env::args_os().any(|arg| {
        Visible::from_bytes(arg.as_encoded_bytes()).as_str().as_bytes() != arg.as_encoded_bytes()
    });
    let printed = if hostile {
        let text = visible_lines(&answer.render().to_string());
        if answer.use_stderr() {
            io::stderr().lock().write_all(text.as_bytes())
        } else {
            io::stdout().lock().write_all(text.as_bytes())
        }
    } else {
        answer.print()
    };
    match printed {
        _ if answer.use_stderr() => Exit::Usage,
        Ok(()) => Exit::Clean,
        Err(error) => Failure::stdout(error).exit(),
    }
}

fn terminal_width() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}

/// POSIX.1-2017 §8.2: the first of these that is set and not empty decides. Without any the
/// locale is C, but then nobody has said anything, and most terminals can do more.
fn locale_is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// The last net before a terminal: what acts is shown, line ends stay.
fn visible_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| Visible::from(line).to_string()).collect();
    lines.join("\n")
}
