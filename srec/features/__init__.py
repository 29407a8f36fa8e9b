"""What models are fed with: tags, context, graphs, batches."""
