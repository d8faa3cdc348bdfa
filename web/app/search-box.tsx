import { useState } from "preact/hooks";

export function SearchBox() {
  const [text, setText] = useState("");
  const search = (event: Event): void => {
    event.preventDefault();
    if (text.trim() === "") return;
    location.hash = `#/search/${encodeURIComponent(text.trim())}`;
    setText("");
  };
  return (
    <form role="search" class="search" onSubmit={search}>
      <label class="hidden" for="search">
        Search
      </label>
      <input
        id="search"
        type="search"
        placeholder="Hash, address, batch, account, root, token"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit">Search</button>
    </form>
  );
}
