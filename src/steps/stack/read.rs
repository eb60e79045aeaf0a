//! Whose each page of a stack is, and which pages are each case's.

use crate::case::role::Actor;
use crate::fault::{self, Point};
use crate::forms::code::PageCode;
use crate::intake::Reason;
use crate::intake::stack::{Begin, StackPage, Whose};
use crate::steps::{Office, StepError};
use crate::store::retrievals;
use crate::store::stacks::{self, Group, PageKind, Stack, Stage};

use super::stray_key;

/// Pages that stop the reading before the whole stack is given up.
const STOPPED: usize = 3;

/// A page as far as grouping is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Belongs {
    /// To this case, as this page of so many.
    Case { id: String, page: u8, pages: u8 },
    /// To nobody known: no code was readable.
    Unknown,
    /// Nowhere: an empty back, or somebody else's.
    Nowhere,
}

impl Office {
    /// Reads the pages and writes down whose they are.
    pub(super) async fn read_stack(&self, actor: &Actor, stack: &Stack) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        self.stack_is_ours(&mut tx, stack).await?;
        stacks::forget_pages(&mut tx, &stack.id).await?;
        tx.commit().await?;
        let (mut belongs, mut alone, mut stopped) = (Vec::new(), false, 0);
        while let Some(reason) = self.read_pages(actor, stack, &mut belongs, alone).await? {
            // Which of the pages that were read at once it was, is found out by reading them one by one.
            if alone {
                stopped += 1;
                let index = u32::try_from(belongs.len() + 1).unwrap_or(u32::MAX);
                if stopped > STOPPED {
                    return Err(broken(&stack.id, index, &reason));
                }
                tracing::warn!(
                    stack = stack.id,
                    page = index,
                    reason = reason.code(),
                    "a page can't be read"
                );
                belongs.push(self.keep_page(actor, stack, StackPage::failed(index, reason)).await?);
            }
            alone = !alone;
        }
        let groups = grouped(&belongs);
        let mut tx = self.store.write().await?;
        stacks::add_groups(&mut tx, &stack.id, &groups).await?;
        let (worker, now) = (&stack.worker, self.world.now());
        if !stacks::move_on(&mut tx, &stack.id, worker, Stage::Reading, Stage::Binding, now).await? {
            // Somebody took this one for dead and has gone on with it.
            return Err(StepError::Conflict);
        }
        tx.commit().await?;
        fault::here(Point::StackRead);
        tracing::info!(stack = stack.id, pages = belongs.len(), cases = groups.len(), "stack read");
        Ok(())
    }

    /// Reads on after the pages that `belongs` has; what stopped it, if not the end.
    async fn read_pages(
        &self,
        actor: &Actor,
        stack: &Stack,
        belongs: &mut Vec<Belongs>,
        alone: bool,
    ) -> Result<Option<Reason>, StepError> {
        let bytes = u64::try_from(stack.bytes).unwrap_or(0);
        let file = self.originals.open_verified(&stack.digest, bytes).await?.into_readers()?;
        let begin = Begin { after: u32::try_from(belongs.len()).unwrap_or(u32::MAX), alone };
        let mut sorting = self
            .judge
            .sort_stack(file, bytes, &self.key, begin)
            .await?
            .map_err(|reason| broken(&stack.id, begin.after.saturating_add(1), &reason))?;
        loop {
            if self.process.is_ending() {
                return Err(StepError::Stopped);
            }
            match sorting.next().await? {
                Ok(Some(page)) => belongs.push(self.keep_page(actor, stack, page).await?),
                Ok(None) => return Ok(None),
                Err(reason) => return Ok(Some(reason)),
            }
        }
    }

    /// Writes down whose a page is; a page that belongs nowhere is kept as a picture.
    async fn keep_page(&self, actor: &Actor, stack: &Stack, page: StackPage) -> Result<Belongs, StepError> {
        let (mut case, mut code_of) = (None, None);
        if let Whose::Form(PageCode { reference, page: at, pages, .. }) = page.whose {
            let mut db = self.store.read().await?;
            let found = stacks::case_of(&mut db, reference, &Self::scope(actor)).await?;
            code_of = match &found {
                Some((id, _)) => Some(id.clone()),
                // Not theirs to see; known here alone, so that the stack goes with that case.
                None => retrievals::case_by_reference(&mut db, reference).await?,
            };
            case = found.map(|(id, _)| Belongs::Case { id, page: at, pages });
        }
        let kind = match (&page.whose, &case) {
            (_, Some(_)) => PageKind::Form,
            (Whose::Blank, _) => PageKind::Blank,
            (whose, None) => PageKind::Stray(stray_words(whose, &page)),
        };
        if let PageKind::Stray(_) = kind {
            let key = stray_key(&stack.digest.to_string(), page.index);
            self.renditions.put(&key, page.thumbnail).await?;
        }
        let mut tx = self.store.write().await?;
        self.stack_is_ours(&mut tx, stack).await?;
        stacks::add_page(&mut tx, &stack.id, page.index, &kind, code_of.as_deref()).await?;
        tx.commit().await?;
        self.metrics.pages_read(1);
        let unknown = page.whose == Whose::Nobody;
        Ok(case.unwrap_or(if unknown { Belongs::Unknown } else { Belongs::Nowhere }))
    }
}

/// The file was accepted a moment ago: what stops its reading now, and at which page, is told in the log, and it can
/// go on.
fn broken(stack: &str, page: u32, reason: &Reason) -> StepError {
    tracing::warn!(stack, page, reason = reason.code(), "a stack's pages can't be read");
    StepError::File(vec![reason.clone()])
}

/// Why a page belongs to none of the person's cases, and what to do.
fn stray_words(whose: &Whose, page: &StackPage) -> String {
    if page.failed.is_some() {
        return "這一頁沒有讀完，可能太複雜或檔案有損壞。其他頁不受影響；請重新掃描這一頁，再單獨上傳。"
            .into();
    }
    let then = match whose {
        Whose::Form(_) => {
            "這一頁的條碼不屬於您可以處理的案件，可能是別人的申請單。請取出這張紙，交給承辦的人。"
        }
        Whose::Forged => "這一頁的條碼不是本系統產生的。請確認紙本是由本系統列印的申請單。",
        Whose::Several => {
            "這一頁的條碼互相矛盾，可能有兩張紙疊在一起，或貼上了別的條碼。請分開後重新掃描；若仍不行，請重新列印並核章。"
        }
        Whose::Nobody | Whose::Blank => {
            let reason =
                Reason::NoCode { page: page.index, looks_like: None, obstacles: page.obstacles.clone() };
            return format!("{}若這一頁不是申請單，請取出。", reason.what());
        }
    };
    then.to_owned()
}

/// The pages of each case, cases in the order of their first page. A case with pages missing is lent as many
/// pages without a readable code that lie beside its own: compared with its form they may prove to be its own.
fn grouped(pages: &[Belongs]) -> Vec<Group> {
    let mut groups: Vec<(Group, Vec<u8>, u8)> = Vec::new();
    for (number, page) in (1_u32..).zip(pages) {
        let Belongs::Case { id, page, pages } = page else { continue };
        match groups.iter_mut().find(|(group, ..)| group.case == *id) {
            Some((group, seen, most)) => {
                group.pages.push(number);
                seen.push(*page);
                *most = (*most).max(*pages);
            }
            None => {
                let group = Group { case: id.clone(), pages: vec![number], lent: Vec::new() };
                groups.push((group, vec![*page], *pages));
            }
        }
    }
    let mut free: Vec<bool> = pages.iter().map(|page| *page == Belongs::Unknown).collect();
    for (group, seen, most) in &mut groups {
        let missing = (1..=*most).filter(|page| !seen.contains(page)).count();
        let beside = beside(group, &free);
        if missing > 0 && beside.len() >= missing {
            group.lent = beside[..missing].to_vec();
            group.lent.iter().for_each(|page| free[at(*page)] = false);
        }
    }
    groups.into_iter().map(|(group, ..)| group).collect()
}

fn at(page: u32) -> usize {
    page as usize - 1
}

/// Free pages between a case's own, then those that follow, then those before, the nearest first.
fn beside(group: &Group, free: &[bool]) -> Vec<u32> {
    let (Some(&first), Some(&last)) = (group.pages.first(), group.pages.last()) else { return Vec::new() };
    let end = u32::try_from(free.len()).unwrap_or(u32::MAX);
    let is_free = |page: &u32| free[at(*page)];
    let between = (first..=last).filter(is_free);
    let after = (last + 1..=end).take_while(is_free);
    let before = (1..first).rev().take_while(is_free);
    between.chain(after).chain(before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, page: u8, pages: u8) -> Belongs {
        Belongs::Case { id: id.into(), page, pages }
    }

    fn group(case: &str, pages: &[u32], lent: &[u32]) -> Group {
        Group { case: case.into(), pages: pages.into(), lent: lent.into() }
    }

    #[test]
    fn pages_go_to_their_cases_in_whatever_order_they_lie() {
        let pages = [case("b", 2, 2), Belongs::Nowhere, case("a", 1, 1), case("b", 1, 2)];
        assert_eq!(grouped(&pages), [group("b", &[1, 4], &[]), group("a", &[3], &[])]);
    }

    #[test]
    fn an_unread_page_is_lent_to_the_case_beside_it_that_misses_one() {
        let unread = Belongs::Unknown;
        assert_eq!(grouped(&[case("a", 1, 2), unread.clone()]), [group("a", &[1], &[2])]);
        assert_eq!(grouped(&[unread.clone(), case("a", 2, 2)]), [group("a", &[2], &[1])]);
        let between = [case("a", 1, 3), unread.clone(), case("a", 3, 3), unread.clone()];
        assert_eq!(grouped(&between), [group("a", &[1, 3], &[2])]);
        let whole = [case("a", 1, 1), unread.clone()];
        assert_eq!(grouped(&whole), [group("a", &[1], &[])], "nothing is missing");
        let far = [case("a", 1, 2), case("b", 1, 1), unread.clone()];
        assert_eq!(grouped(&far)[0], group("a", &[1], &[]), "another case lies between");
        let once = [case("a", 1, 2), unread, case("b", 2, 2)];
        assert_eq!(grouped(&once), [group("a", &[1], &[2]), group("b", &[3], &[])], "a page is lent once");
    }

    #[test]
    fn a_page_scanned_twice_stays_twice() {
        let pages = [case("a", 1, 1), case("a", 1, 1)];
        assert_eq!(grouped(&pages), [group("a", &[1, 2], &[])]);
    }
}
