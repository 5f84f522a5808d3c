//! Which requests each policy of a file is for, where rules can say it exactly.

use super::condition::parse;
use super::draft::Draft;
use super::matching::{Alternatives, always, are_disjoint, both};
use super::scan::{Choose, Surroundings};
use super::values::NamedValues;

/// Elements of one place in the file: all of them hold for the same requests.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) at: usize,
    pub(super) surroundings: Surroundings,
    /// What they ask together; `None` when that cannot be written.
    pub(super) draft: Option<Draft>,
    /// Where each element stands.
    pub(super) elements: Vec<usize>,
    pub(super) id: Option<String>,
}

/// The rules of each group, or why there are none. A later group may rely on the rules of an earlier one coming first.
pub(super) fn rules(
    groups: &[Group],
    chooses: &[Choose],
    values: &NamedValues,
) -> Vec<Result<Alternatives, String>> {
    let planner = Planner {
        groups,
        chooses,
        values,
    };
    let mut planned: Vec<Result<Alternatives, String>> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let rules = planner.rules(index, group, &planned);
        planned.push(rules);
    }
    planned
}

struct Planner<'a> {
    groups: &'a [Group],
    chooses: &'a [Choose],
    values: &'a NamedValues,
}

impl Planner<'_> {
    fn rules(
        &self,
        index: usize,
        group: &Group,
        planned: &[Result<Alternatives, String>],
    ) -> Result<Alternatives, String> {
        if group.draft.is_none() {
            return Err("the policy itself cannot be imported".to_owned());
        }
        if let Some(why) = &group.surroundings.uncertain {
            return Err(why.clone());
        }
        let own = self.own_condition(&group.surroundings)?;
        for (depth, (choose, branch)) in group.surroundings.branches.iter().enumerate() {
            for earlier in 0..*branch {
                self.takes_nothing_of(
                    &own,
                    &group.surroundings,
                    depth,
                    (*choose, earlier),
                    planned,
                )?;
            }
        }
        for (other_index, other) in self.groups.iter().enumerate() {
            if other_index != index
                && !self.are_exclusive(&group.surroundings, &own, &other.surroundings)
            {
                return Err("another policy of the file applies to some of the same requests; one request has one policy here".to_owned());
            }
        }
        Ok(own)
    }

    /// The conditions of all branches around an element, without those of the branches before them.
    fn own_condition(&self, surroundings: &Surroundings) -> Result<Alternatives, String> {
        let mut all = always();
        for (choose, branch) in &surroundings.branches {
            all = both(&all, &self.condition(*choose, *branch)?);
        }
        Ok(all)
    }

    fn condition(&self, choose: usize, branch: usize) -> Result<Alternatives, String> {
        match self
            .chooses
            .get(choose)
            .and_then(|choose| choose.branches.get(branch))
        {
            Some(found) => match &found.condition {
                Some(condition) => parse(&condition.value, |text| self.values.resolve(text).ok()),
                None => Ok(always()),
            },
            None => Err("the condition around it was not found".to_owned()),
        }
    }

    /// An earlier branch of the same `choose` takes its requests away. A rule cannot say "not", so either rules
    /// that come first take exactly these requests, or the condition has none of them.
    fn takes_nothing_of(
        &self,
        own: &Alternatives,
        surroundings: &Surroundings,
        depth: usize,
        earlier: (usize, usize),
        planned: &[Result<Alternatives, String>],
    ) -> Result<(), String> {
        let mut path: Vec<(usize, usize)> =
            surroundings.branches.iter().take(depth).copied().collect();
        path.push(earlier);
        let has_rules = self
            .groups
            .iter()
            .zip(planned)
            .any(|(group, rules)| rules.is_ok() && group.surroundings.branches == path);
        if has_rules
            || are_disjoint(
                own,
                &self
                    .condition(earlier.0, earlier.1)
                    .map_err(|why| format!("in an earlier branch, {why}"))?,
            )
        {
            return Ok(());
        }
        Err("an earlier branch of the same choose takes requests away, to which no rule can be given".to_owned())
    }

    fn are_exclusive(
        &self,
        surroundings: &Surroundings,
        own: &Alternatives,
        other: &Surroundings,
    ) -> bool {
        let other_branch = |choose: usize, branch: usize| {
            other
                .branches
                .iter()
                .any(|(c, b)| *c == choose && *b != branch)
        };
        other.uncertain.is_none()
            && (surroundings
                .branches
                .iter()
                .any(|(choose, branch)| other_branch(*choose, *branch))
                || self
                    .own_condition(other)
                    .is_ok_and(|condition| are_disjoint(own, &condition)))
    }
}
