"""One brand and a range of days as one page of HTML: figures from the views of analysts, charts, texts in two languages."""
