-- Why: a password that the program made up, which somebody else has read, is for one log-in. Its owner chooses another
-- before anything else, and one that nobody has used for a week lets nobody in.
ALTER TABLE people ADD COLUMN password_given_at BIGINT;        -- when it was made up; NULL: its owner chose it
