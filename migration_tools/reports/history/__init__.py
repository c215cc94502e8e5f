"""The history of migrations as text, JSON, Markdown, annotations, graphs and one page of HTML."""
