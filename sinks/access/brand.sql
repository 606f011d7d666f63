-- For each brand a role, which is an analyst's and shows the rows of the brand. It is granted to people.
CREATE ROLE IF NOT EXISTS `{database}:{brand}`;

CREATE ROW POLICY IF NOT EXISTS `{database}:{brand}`
ON `{database}`.current_touches, `{database}`.current_order_events, `{database}`.current_journeys,
    `{database}`.current_conversions, `{database}`.sub_order_amounts, `{database}`.conversions_with_amounts,
    `{database}`.conversion_versions, `{database}`.current_modelled_credits
USING brand_id = '{brand}' TO `{database}:{brand}`;

GRANT `{database}_analyst` TO `{database}:{brand}`;
