/** Imported before the nodes: they read the switch when they are loaded. */
process.env.N8N_PROMPT_CACHE_TRACES = 'true';
