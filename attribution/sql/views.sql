ASOF LEFT JOIN
(
    SELECT user_id AS viewer_id, note_id AS viewed_id, occurred_at AS viewed_at, toString(surface) AS surface
    FROM current_touches
    WHERE brand_id = %(brand)s AND kind = 'view'
) AS views ON user_id = viewer_id AND note_id = viewed_id AND occurred_at >= viewed_at
