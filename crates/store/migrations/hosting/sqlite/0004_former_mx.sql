-- MX hosts that DNS names no longer and caches may: each with the moment from which they do not,
-- separated by blanks (`mx1.a.test 1700000000000 mx2.a.test 1700000000000`).
ALTER TABLE mx_sets ADD COLUMN former TEXT NOT NULL DEFAULT '';
