-- Why: a page whose code names a case that whoever scanned the stack may not see belongs nowhere in it, and is that case's all
-- the same: when the case is disposed of, the stack goes with it. The same holds while nobody has been given their pages yet.
ALTER TABLE stack_pages ADD COLUMN case_id TEXT REFERENCES cases (id); -- whose code stands on it; NULL: nobody's that is known

CREATE INDEX stack_pages_by_case ON stack_pages (case_id) WHERE case_id IS NOT NULL;
