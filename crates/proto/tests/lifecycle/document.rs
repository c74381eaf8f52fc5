//! What the search found is told in the documentation, and the documentation tells nothing else.

use std::path::Path;

/// Holds the part of the document between the comments of this name to `found`; where they differ,
/// the file that should be there is left for whoever has to commit it.
pub(crate) fn tells(part: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lifecycle.md");
    let document = std::fs::read_to_string(&path).expect("docs/lifecycle.md is there");
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->"));
    let (before, rest) = document.split_once(&begin).expect("the part begins somewhere");
    let (told, after) = rest.split_once(&end).expect("the part ends somewhere");
    if told != found {
        let better = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lifecycle-{part}.md"));
        let text = format!("{before}{begin}{found}{end}{after}");
        std::fs::write(&better, text).expect("the better document can be written");
        panic!("docs/lifecycle.md is stale: it should be {}", better.display());
    }
}
