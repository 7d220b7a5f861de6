/**
 * What a music shop asks of the Chinook database, a dozen times. None of them says the value of a key, all of them join over
 * keys: after a conversion the same texts must give the same answers, joined over other values.
 */
export const CHINOOK_QUERIES: Readonly<Record<string, string>> = {
  'invoices of each customer, with what they come to': `
    SELECT c.email, count(i.invoice_id) AS invoices, sum(i.total) AS total
    FROM customer AS c LEFT JOIN invoice AS i ON i.customer_id = c.customer_id GROUP BY c.email ORDER BY c.email`,
  'whom each employee looks after': `
    SELECT e.email, string_agg(c.last_name, ', ' ORDER BY c.last_name, c.email) AS customers
    FROM employee AS e LEFT JOIN customer AS c ON c.support_rep_id = e.employee_id GROUP BY e.email ORDER BY e.email`,
  'the chain of command, down from the top': `
    WITH RECURSIVE chain AS (
      SELECT employee_id, last_name::text AS path FROM employee WHERE reports_to IS NULL
      UNION ALL
      SELECT e.employee_id, chain.path || ' > ' || e.last_name FROM employee AS e JOIN chain ON e.reports_to = chain.employee_id)
    SELECT path FROM chain ORDER BY path`,
  'who manages nobody': `
    SELECT last_name FROM employee AS e WHERE NOT EXISTS (SELECT FROM employee AS r WHERE r.reports_to = e.employee_id) ORDER BY 1`,
  'tracks of each playlist': `
    SELECT p.name, count(*) AS tracks, sum(t.milliseconds) AS milliseconds
    FROM playlist AS p JOIN playlist_track USING (playlist_id) JOIN track AS t USING (track_id)
    GROUP BY p.playlist_id, p.name ORDER BY p.name, tracks, milliseconds`,
  'playlists with nothing in them': `
    SELECT p.name FROM playlist AS p LEFT JOIN playlist_track AS pt ON pt.playlist_id = p.playlist_id
    WHERE pt.track_id IS NULL ORDER BY p.name`,
  'tracks in the most playlists': `
    SELECT t.name, count(*) AS playlists FROM track AS t JOIN playlist_track AS pt ON pt.track_id = t.track_id
    GROUP BY t.track_id, t.name ORDER BY playlists DESC, t.name, t.milliseconds LIMIT 50`,
  'what each genre has sold': `
    SELECT g.name, sum(l.unit_price * l.quantity) AS sold
    FROM invoice_line AS l JOIN track AS t ON t.track_id = l.track_id JOIN genre AS g ON g.genre_id = t.genre_id
    GROUP BY g.name ORDER BY g.name`,
  'artists by the customers who bought them': `
    SELECT a.name, count(DISTINCT i.customer_id) AS customers
    FROM invoice AS i JOIN invoice_line AS l USING (invoice_id) JOIN track AS t USING (track_id)
      JOIN album AS b USING (album_id) JOIN artist AS a USING (artist_id)
    GROUP BY a.name ORDER BY customers DESC, a.name LIMIT 40`,
  'tracks that nobody bought': `
    SELECT count(*) AS tracks, sum(t.bytes) AS bytes FROM track AS t
    WHERE t.track_id NOT IN (SELECT track_id FROM invoice_line)`,
  'the best employee of each year': `
    SELECT DISTINCT ON (year) year, email, total FROM (
      SELECT extract(year FROM i.invoice_date)::int AS year, e.email, sum(i.total) AS total
      FROM invoice AS i JOIN customer AS c USING (customer_id) JOIN employee AS e ON e.employee_id = c.support_rep_id
      GROUP BY 1, 2) AS s ORDER BY year, total DESC, email`,
  'customers who bought the same track': `
    SELECT a.email AS one, b.email AS other, count(*) AS tracks
    FROM invoice_line AS la JOIN invoice AS ia ON ia.invoice_id = la.invoice_id
      JOIN invoice_line AS lb ON lb.track_id = la.track_id JOIN invoice AS ib ON ib.invoice_id = lb.invoice_id
      JOIN customer AS a ON a.customer_id = ia.customer_id JOIN customer AS b ON b.customer_id = ib.customer_id
    WHERE a.email < b.email GROUP BY 1, 2 ORDER BY 1, 2`,
};

/** What the whole database says, key values aside: rows by table. */
export const CHINOOK_TABLES = [
  'album',
  'artist',
  'customer',
  'employee',
  'genre',
  'invoice',
  'invoice_line',
  'media_type',
  'playlist',
  'playlist_track',
  'track',
] as const;
