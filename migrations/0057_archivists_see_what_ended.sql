-- Why: archivists find and take out the originals of every case that has ended, also of one that was withdrawn before it
-- was submitted; so their lists go by the state alone, which other indexes hold, and no list goes by this one any more.
DROP INDEX cases_archived;
