//! Finding the two policies in a text, and what stands around them.

use super::element::{Attribute, Element, Problem};
use super::markup::{Reader, is_name};

/// More elements than this in one file are not read: the largest real file had three.
pub(super) const MAX_ELEMENTS: usize = 1000;

/// Elements around one another beyond this depth are not told apart.
const MAX_DEPTH: usize = 64;

/// After this many problems with the text around the elements no more are listed.
const MAX_PROBLEMS: usize = 100;

/// The names of the elements that are imported.
pub(super) const POLICIES: [&str; 2] = ["validate-jwt", "validate-azure-ad-token"];

/// Roots and sections: they change who an element applies to only as far as [`Surroundings`] says.
const FRAMES: [&str; 11] = [
    "policies",
    "fragment",
    "inbound",
    "backend",
    "outbound",
    "on-error",
    "choose",
    "when",
    "otherwise",
    "wait",
    "send-request",
];

/// What a scan found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) found: Vec<Found>,
    pub(super) chooses: Vec<Choose>,
    /// Things that could hide an element: they are errors.
    pub(super) problems: Vec<Problem>,
    /// Sections of raw text in which the name of a policy occurs.
    pub(super) unread: Vec<usize>,
}

/// One policy element.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) element: Result<Element, Problem>,
    pub(super) surroundings: Surroundings,
}

/// The branches of a `choose`, in order.
#[derive(Debug, Default)]
pub(super) struct Choose {
    pub(super) branches: Vec<Branch>,
}

/// A `when` or an `otherwise`.
#[derive(Debug)]
pub(super) struct Branch {
    /// The condition as it stands in the file; `None` is `otherwise`.
    pub(super) condition: Option<Attribute>,
    pub(super) at: usize,
}

/// Where an element stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Which `policies` or `fragment` of the file, when it has several; 0 outside any.
    pub(super) root: usize,
    /// The `choose` elements around it, outermost first, each with the index of the branch.
    pub(super) branches: Vec<(usize, usize)>,
    /// Why it cannot be told when the element applies.
    pub(super) uncertain: Option<String>,
}

/// Reads the text from its start to its end, in linear time.
pub(super) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        reader: Reader::new(text),
        scan: Scan::default(),
        frames: Vec::new(),
        roots: 0,
    };
    while !scanner.reader.cursor.is_at_end() {
        if scanner.scan.found.len() >= MAX_ELEMENTS {
            let at = scanner.reader.cursor.at();
            let message =
                format!("more than {MAX_ELEMENTS} policies in one file; the rest is not read");
            scanner.scan.problems.push(Problem { at, message });
            break;
        }
        scanner.step();
    }
    scanner.scan
}

struct Scanner<'a> {
    reader: Reader<'a>,
    scan: Scan,
    frames: Vec<Frame>,
    roots: usize,
}

#[derive(Debug)]
struct Frame {
    name: &'static str,
    kind: FrameKind,
}

#[derive(Debug)]
enum FrameKind {
    Plain,
    Root(usize),
    Choose(usize),
    Branch(usize, usize),
    Uncertain(String),
}

impl Scanner<'_> {
    fn step(&mut self) {
        let at = self.reader.cursor.at();
        self.reader.cursor.take_while(|c| c != '<' && c != '@');
        if self.reader.skip_comment() {
            return;
        }
        if self.reader.cursor.sees_expression() {
            if self.reader.expression().is_none() {
                self.reader.cursor.bump();
            }
        } else if self.reader.cursor.eat("<![CDATA[") {
            match self.reader.cursor.take_past("]]>") {
                Some(text) if POLICIES.iter().any(|name| text.contains(name)) => {
                    self.scan.unread.push(at)
                }
                Some(_) => {}
                None => self.reader.cursor.move_to(usize::MAX),
            }
        } else if self.reader.cursor.eat("</") {
            let name = self.reader.cursor.take_while(is_name);
            self.close(name);
        } else {
            let tag = self.reader.tag_name();
            if POLICIES.contains(&tag) {
                self.found();
            } else if let Some(name) = FRAMES.into_iter().find(|name| *name == tag) {
                self.open(name);
            } else {
                self.reader.cursor.bump();
            }
        }
    }

    fn found(&mut self) {
        let at = self.reader.cursor.at();
        let element = self.reader.element(&POLICIES);
        self.scan.found.push(Found {
            at,
            element,
            surroundings: self.surroundings(),
        });
    }

    fn open(&mut self, name: &'static str) {
        let at = self.reader.cursor.at();
        let tag = match self.reader.tag() {
            Ok(tag) => tag,
            Err(problem) => {
                let kind = FrameKind::Uncertain(format!("<{name}> around it cannot be read"));
                self.problem(problem);
                self.push(name, kind);
                return;
            }
        };
        let kind = match name {
            "policies" | "fragment" => {
                self.roots = self.roots.saturating_add(1);
                FrameKind::Root(self.roots)
            }
            "choose" => {
                self.scan.chooses.push(Choose::default());
                FrameKind::Choose(self.scan.chooses.len().saturating_sub(1))
            }
            "when" | "otherwise" => self.branch(name, tag.attributes, at),
            "outbound" | "on-error" | "wait" | "send-request" => FrameKind::Uncertain(format!(
                "it stands in <{name}>, where API Management does not take it"
            )),
            _ => FrameKind::Plain,
        };
        if !tag.is_empty {
            self.push(name, kind);
        }
    }

    fn push(&mut self, name: &'static str, kind: FrameKind) {
        if self.frames.len() < MAX_DEPTH {
            self.frames.push(Frame { name, kind });
        } else {
            let at = self.reader.cursor.at();
            self.problem(Problem {
                at,
                message: format!("more than {MAX_DEPTH} elements around one another"),
            });
            if let Some(frame) = self.frames.last_mut() {
                frame.kind = FrameKind::Uncertain(
                    "the elements around it are too many to be told apart".to_owned(),
                );
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        if self.scan.problems.len() < MAX_PROBLEMS {
            self.scan.problems.push(problem);
        }
    }

    /// A branch belongs to the `choose` directly around it.
    fn branch(&mut self, name: &str, attributes: Vec<Attribute>, at: usize) -> FrameKind {
        let Some(FrameKind::Choose(choose)) = self.frames.last().map(|frame| &frame.kind) else {
            return FrameKind::Uncertain(format!("<{name}> around it is in no <choose>"));
        };
        let condition = attributes
            .into_iter()
            .find(|attribute| attribute.name == "condition");
        if name == "when" && condition.is_none() {
            return FrameKind::Uncertain("<when> around it has no condition".to_owned());
        }
        let Some(branches) = self
            .scan
            .chooses
            .get_mut(*choose)
            .map(|choose| &mut choose.branches)
        else {
            return FrameKind::Plain;
        };
        branches.push(Branch {
            condition: condition.filter(|_| name == "when"),
            at,
        });
        FrameKind::Branch(*choose, branches.len().saturating_sub(1))
    }

    fn close(&mut self, name: &str) {
        let Some(open) = self.frames.iter().rposition(|frame| frame.name == name) else {
            return;
        };
        if open.saturating_add(1) != self.frames.len() {
            let at = self.reader.cursor.at();
            self.problem(Problem {
                at,
                message: format!("</{name}> closes an element while others in it are open"),
            });
        }
        self.frames.truncate(open);
    }

    fn surroundings(&self) -> Surroundings {
        let mut surroundings = Surroundings::default();
        for frame in &self.frames {
            match &frame.kind {
                FrameKind::Plain | FrameKind::Choose(_) => {}
                FrameKind::Root(root) => surroundings.root = *root,
                FrameKind::Branch(choose, branch) => surroundings.branches.push((*choose, *branch)),
                FrameKind::Uncertain(why) => surroundings.uncertain = Some(why.clone()),
            }
        }
        surroundings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        scan(text)
            .found
            .into_iter()
            .filter_map(|found| found.element.ok())
            .map(|element| element.name)
            .collect()
    }

    #[test]
    fn elements_are_found_in_any_text() {
        let text = "# Example mail@(x\n```xml\n<validate-jwt header-name=\"A\"/>\n```\n<validate-azure-ad-token tenant-id='t'></validate-azure-ad-token>";
        assert_eq!(names(text), ["validate-jwt", "validate-azure-ad-token"]);
    }

    #[test]
    fn comments_expressions_and_cdata_hide_elements() {
        let text = "<!-- <validate-jwt/> --><set-body>@(\"<validate-jwt/>\")</set-body><![CDATA[<validate-jwt/>]]>";
        let scan = scan(text);
        assert_eq!(scan.found.len(), 0);
        assert_eq!(scan.unread.len(), 1);
    }

    #[test]
    fn a_comment_that_does_not_end_hides_nothing() {
        assert_eq!(names("<!-- <validate-jwt/>"), ["validate-jwt"]);
    }

    #[test]
    fn a_name_that_only_begins_alike_is_another_element() {
        assert_eq!(
            names("<validate-jwts/><validate-jwt-x/>"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn branches_are_numbered_in_their_choose() {
        let text = r#"<choose><when condition="@(a.Contains("x") && b < c)"></when><otherwise><validate-jwt/></otherwise></choose>"#;
        let scan = scan(text);
        assert_eq!(scan.found[0].surroundings.branches, [(0, 1)]);
        assert_eq!(
            scan.chooses[0].branches[0]
                .condition
                .as_ref()
                .unwrap()
                .value,
            r#"@(a.Contains("x") && b < c)"#
        );
    }

    #[test]
    fn an_end_tag_out_of_place_is_a_problem() {
        let scan = scan("<choose><when condition='x'><validate-jwt/></choose>");
        assert_eq!(scan.problems.len(), 1);
        assert_eq!(scan.found[0].surroundings.branches, [(0, 0)]);
    }
}
