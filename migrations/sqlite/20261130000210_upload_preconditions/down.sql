ALTER TABLE uploads DROP COLUMN precondition;
