-- What a browser is told once, on the next page that has words for it.
ALTER TABLE portal_sessions ADD COLUMN flash TEXT;
