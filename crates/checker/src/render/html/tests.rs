use super::page;
use crate::render::document::{Document, MAX_DETAILED};
use crate::render::samples;
use ironpost_proto::visible::Visible;

#[test]
fn shape() {
    let document = std::iter::once(samples::at_risk()).collect();
    insta::assert_snapshot!(page(&document).unwrap());
}

#[test]
fn a_page_needs_nothing_else() {
    let html = page(&samples::all().into_iter().collect()).unwrap();
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    assert!(
        html.contains(&format!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">"
        ))
    );
    for outside in ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", " style="] {
        assert!(!html.contains(outside), "{outside}");
    }
    let links = html.match_indices("href=\"").map(|(at, href)| &html[at + href.len()..]);
    assert!(links.clone().count() > 8);
    assert!(links.into_iter().all(|target| target.starts_with('#')), "links stay on the page");
}

#[test]
fn every_link_has_its_place() {
    let html = page(&samples::all().into_iter().collect()).unwrap();
    for (at, href) in html.match_indices("href=\"#") {
        let target = html[at + href.len()..].split('"').next().unwrap();
        assert!(target == "top" || html.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn nothing_acts() {
    let html = page(&samples::all().into_iter().collect()).unwrap();
    for line in html.lines() {
        assert_eq!(Visible::from(line).as_str(), line);
    }
    assert!(html.contains("&#60;script&#62;alert(&#34;1&#34;)"));
    assert!(html.contains("&#38;amp;"), "an entity in a report is text");
    let tags = html.match_indices('<').map(|(at, _)| &html[at + 1..]);
    for tag in tags {
        let name = tag.trim_start_matches(['/', '!']).split([' ', '>', '\n']).next().unwrap();
        assert!(TAGS.contains(&name), "{name:?}");
    }
}

/// Every element that the template has.
const TAGS: [&str; 35] = [
    "a", "article", "b", "body", "code", "details", "div", "doctype", "h1", "h2", "h3", "h4",
    "head", "header", "html", "li", "main", "meta", "ol", "p", "pre", "section", "span", "style",
    "summary", "table", "tbody", "td", "th", "thead", "title", "tr", "ul", "br", "hr",
];

#[test]
fn elements_are_closed() {
    let html = page(&samples::all().into_iter().collect()).unwrap();
    for tag in TAGS.iter().filter(|tag| !["meta", "doctype", "br", "hr"].contains(tag)) {
        let opened =
            html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_long_list_is_a_table_with_the_first_in_full() {
    let mut document = Document::new();
    document.extend(std::iter::repeat_with(samples::parked).take(MAX_DETAILED + 2));
    let html = page(&document).unwrap();
    assert_eq!(html.matches("<section").count(), MAX_DETAILED);
    assert_eq!(html.matches("<th scope=\"row\">parked.example</th>").count(), 2);
    assert!(html.contains("The first 1000 domains checked are shown in full below."));
}

#[test]
fn no_domain_is_a_page_too() {
    assert!(page(&Document::new()).unwrap().contains("<title>No domain – Ironpost check</title>"));
}
