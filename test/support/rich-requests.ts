/** Requests that say as much as their protocol lets them, everything at a place of its own. */
export const RICH_REQUESTS = {
  'openai-chat': [
    {
      model: 'm',
      messages: [
        { role: 'system', name: 'house', content: 'Be kind.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] },
        {
          role: 'user',
          name: 'ada',
          content: [
            { type: 'text', text: 'Look.', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
            { type: 'image_url', image_url: { url: 'https://example.test/a.png', detail: 'low' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'A cat.' }] },
        { role: 'user', content: 'Go on.' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'look',
            description: 'Looks.',
            parameters: { type: 'object', properties: {} },
            strict: false,
          },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', description: 'An answer.', schema: { type: 'object' }, strict: true },
      },
      metadata: { a: 'b' },
      prediction: { type: 'content', content: 'A cat.' },
      web_search_options: { search_context_size: 'low' },
    },
    {
      model: 'm',
      messages: [{ role: 'user', content: 'Think.' }],
      reasoning: { effort: 'high' },
      thinking: { type: 'enabled', budget_tokens: 2000 },
      chat_template_kwargs: { enable_thinking: true },
      max_completion_tokens: 9000,
    },
  ],
  'anthropic-messages': [
    {
      model: 'm',
      max_tokens: 9000,
      system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look.' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            { type: 'image', source: { type: 'url', url: 'https://example.test/a.png' } },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'A cat.' },
              title: 'Cats',
              context: 'Of mine.',
              citations: { enabled: true },
            },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
            {
              type: 'search_result',
              source: 'https://example.test/cats',
              title: 'Cats',
              content: [{ type: 'text', text: 'All cats.' }],
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [
                { type: 'text', text: 'A cat.' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
              ],
            },
          ],
        },
      ],
      tools: [
        { name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } },
        { type: 'web_search_20250305', name: 'web_search', user_location: { type: 'approximate', city: 'Linz' } },
      ],
      tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 2000 },
      output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
      metadata: { user_id: 'ada' },
    },
  ],
} as const
