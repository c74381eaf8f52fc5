//! One page that needs nothing else: no script, no other file, readable on paper.

mod view;

use super::RenderError;
use super::document::Document;
use super::fix::Span;
use askama::Template;
use askama::filters::{Escaper, Html};
use ironpost_proto::visible::Visible;
use std::fmt;
use view::{DomainView, Overview};

/// A document as a page. Several domains get a table before them.
pub fn page(document: &Document) -> Result<String, RenderError> {
    let shown = document.detailed();
    let order = document.worst_first();
    let domains = order.iter().filter_map(|at| DomainView::new(*at, shown.get(*at)?));
    let page = Page {
        title: title(document),
        overview: Overview::of(document, &order),
        domains: domains.collect(),
    };
    Ok(page.render()?)
}

/// Escapes for HTML what has been made visible.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VisibleHtml;

impl Escaper for VisibleHtml {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, Visible::from(string).as_str())
    }
}

#[derive(Template)]
#[template(path = "report.html", escape = "html")]
struct Page<'a> {
    title: String,
    overview: Option<Overview>,
    domains: Vec<DomainView<'a>>,
}

fn title(document: &Document) -> String {
    match document.digests() {
        [] => "No domain".to_owned(),
        [only] => only.domain.to_string(),
        several => super::wording::counted(several.len(), "domain"),
    }
}

#[cfg(test)]
mod tests;
