"""One brand and a range of days as one page of HTML: figures from the views for analysts, in two languages."""
