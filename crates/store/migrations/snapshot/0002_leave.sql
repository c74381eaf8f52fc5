-- When the node took leave of the others, who have not waited for it since; NULL: it has not.
-- Milliseconds since 1970.
ALTER TABLE seen ADD COLUMN left_at INTEGER;

-- Chains are kept as in the database from here on, one certificate after the other. A snapshot is
-- made anew at the next start.
DELETE FROM served;
UPDATE seen SET seq = 0;
